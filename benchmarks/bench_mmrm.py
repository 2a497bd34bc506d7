"""A model for repeated measurements: six visits, unstructured covariance, a fifth of the data missing.

Peer on the same data in the same run: ``nlme::gls`` of R with ``corSymm`` and ``varIdent`` (REML), where
Rscript and nlme are present; where they are not, or where gls does not end within its limit, this is said.
Times are of the processor, as others may use the machine too; that of R is the call of gls alone, without
the start of R and the reading of the data.
The agreement is that of the difference between arms at the last visit, its standard error (both take the
covariance as known) and -2 log restricted likelihood.
"""

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import Report, best_of, one_core, options

from mitograft.seeds import stream
from mitograft.statistics.mmrm import MmrmResult, fit_mmrm
from mitograft.statistics.mmrm_design import VisitDesign, build_visit_design, compare_arms

VISITS = 6
LIMIT = {200: {False: 300, True: 25}, 5000: {False: 600, True: 8}}  # seconds for R; --quick has the shorter

CODE = """
options(digits = 17)
suppressMessages(library(nlme))
d <- read.csv(commandArgs(TRUE)[1])
d$cell <- factor(paste(d$arm, d$visit)); d$v <- factor(d$visit)
x <- cbind(model.matrix(~ 0 + cell, d), model.matrix(~ 0 + v:base, d))
seconds <- sum(system.time(f <- gls(y ~ 0 + x, data = d, method = "REML",
  correlation = corSymm(form = ~ visit | subject), weights = varIdent(form = ~ 1 | v)))[1:2])
w <- rep(0, ncol(x)); w[match("celldrug 6", colnames(x))] <- 1; w[match("cellcontrol 6", colnames(x))] <- -1
cat(seconds, sum(w * coef(f)), sqrt(drop(t(w) %*% vcov(f) %*% w)), -2 * as.numeric(logLik(f)))
"""


@dataclass(frozen=True)
class Trial:
    """Simulated measurements that are present, in long form."""

    y: np.ndarray
    subject: np.ndarray
    visit: np.ndarray
    arm: np.ndarray
    base: np.ndarray


def simulate(n: int) -> Trial:
    """Simulate two arms; each measurement is missing with probability 0.2."""
    random, k = stream(41, "repeated measurements", str(n)), np.arange(VISITS)
    spread = np.outer(1.0 + 0.1 * k, 1.0 + 0.1 * k)
    sigma = 9.0 * 0.7 ** np.abs(np.subtract.outer(k, k)) * spread
    base, arm = random.normal(20.0, 3.0, n), np.arange(n) % 2
    y = random.multivariate_normal(np.zeros(VISITS), sigma, n) + 0.5 * base[:, None] + 0.3 * np.outer(arm, k)
    seen = random.random(y.shape) >= 0.2
    subject, visit = (np.asarray(part) for part in np.indices(y.shape))
    names = np.array(["control", "drug"])[arm[subject]]
    return Trial(y[seen], subject[seen], visit[seen] + 1, names[seen], base[subject][seen])


def fit(trial: Trial) -> tuple[MmrmResult, VisitDesign]:
    """Fit the model, from columns to estimates."""
    design = build_visit_design(trial.arm, trial.visit, covariates=[trial.base])
    return fit_mmrm(trial.y, trial.subject, trial.visit, design.matrix, structures="unstructured"), design


def by_nlme(trial: Trial, limit: int) -> tuple[list[float], str]:
    """Return seconds, estimate, standard error and -2 l of R, or nothing and the reason."""
    program = shutil.which("Rscript")
    if program is None:
        return [], "R is not installed (Rscript not found)"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.csv"
        columns = zip(*(entry.tolist() for entry in vars(trial).values()), strict=True)
        lines = [",".join(vars(trial)), *(",".join(map(str, row)) for row in columns)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "--vanilla", "-e", CODE, str(path)],
                capture_output=True,
                text=True,
                check=False,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            return [], f"gls had not ended after {limit} s"
    if done.returncode:
        return [], f"R failed: {done.stderr.strip().splitlines()[-1:]}"
    return [float(word) for word in done.stdout.split()], ""


def compare(report: Report, n: int, *, quick: bool) -> None:
    """Add the figures of one size."""
    trial = simulate(n)
    seconds, (result, design) = best_of(3 if quick else 10, lambda: fit(trial), time.process_time)
    if result.fit is None:
        raise SystemExit(f"{n} subjects: no fit ({result.reason})")
    found = compare_arms(result, design, [("drug", "control")], VISITS)[0].contrast
    kr_seconds, _ = best_of(
        3,
        lambda: compare_arms(fit(trial)[0], design, [("drug", "control")], VISITS, method="kenward-roger"),
        time.process_time,
    )
    report.add(f"seconds_{n}", seconds, "s", f"{n} subjects, {trial.y.size} measurements, mitograft")
    report.add(f"kenward_roger_seconds_{n}", kr_seconds, "s", f"{n} subjects, with a Kenward-Roger contrast")
    other, reason = by_nlme(trial, LIMIT[n][quick])
    if reason or found is None:
        report.remarks.append(f"{n} subjects: no comparison with nlme: {reason}")
        return
    nlme_seconds, estimate, se, value = other
    report.add(f"nlme_seconds_{n}", nlme_seconds, "s", f"{n} subjects, nlme::gls")
    report.add(f"ratio_{n}", nlme_seconds / seconds, "x", f"{n} subjects, ratio to nlme")
    report.add(f"estimate_{n}", abs(found.estimate - estimate), "", f"{n} subjects, difference of estimates")
    report.add(f"se_{n}", abs(found.se / se - 1.0), "", f"{n} subjects, relative difference of SE")
    report.add(
        f"value_{n}",
        result.fit.minus_two_log_likelihood - value,
        "",
        f"{n} subjects, -2 l less that of nlme (below 0: ours is the better fit)",
    )


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("mmrm", "Repeated measurements, six visits, unstructured covariance, REML")
    report.peers = {"nlme": "nlme::gls of R, corSymm and varIdent, REML, default tolerances"}
    for n in LIMIT:
        compare(report, n, quick=choice.quick)
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy"))


if __name__ == "__main__":
    main()
