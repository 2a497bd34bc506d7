"""The vectorised fits as an ``Inference`` of pydeseq2: the same pipeline, all genes at once.

pydeseq2 fits one gene after another. Size factors, dispersion trend, prior, Cook's distances, refitting,
independent filtering and adjustment stay pydeseq2's own; only the fits in between are ours.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from mitograft.mouse.expression.negative_binomial import (
    fit_coefficients,
    fit_dispersions,
    fit_means,
    wald,
)

if TYPE_CHECKING:
    from pydeseq2.inference import Inference  # type: ignore[import-untyped]  # ships no types

__all__ = ["make_inference"]


def make_inference(*, vectorised: bool = True) -> "Inference":
    """Return what pydeseq2 fits with: ours, or its own gene-by-gene fits on one core."""
    from pydeseq2.default_inference import DefaultInference  # type: ignore[import-untyped]  # ships no types
    from pydeseq2.utils import irls_solver  # type: ignore[import-untyped]  # ships no types

    if not vectorised:
        return DefaultInference(n_cpus=1)

    class VectorisedInference(DefaultInference):  # type: ignore[misc]  # its base has no types
        """Fits of all genes at once; the trend and whatever diverges are left to pydeseq2's optimisers."""

        def lin_reg_mu(self, **given: Any) -> Any:
            return fit_means(
                given["counts"], np.asarray(given["size_factors"]), given["design_matrix"], given["min_mu"]
            )

        def irls(self, **given: Any) -> Any:
            counts, design = np.asarray(given["counts"]), np.asarray(given["design_matrix"])
            scale, alpha = np.asarray(given["size_factors"]), np.asarray(given["disp"])
            fit = fit_coefficients(
                counts, scale, design, alpha, lowest=given["min_mu"], tolerance=given["beta_tol"]
            )
            converged = ~fit.diverged
            for gene in np.flatnonzero(fit.diverged):
                beta, mu, hat, converged[gene] = irls_solver(
                    counts[:, gene], scale, design, alpha[gene],
                    min_mu=given["min_mu"], beta_tol=given["beta_tol"],
                )  # fmt: skip
                fit.beta[gene], fit.mu[:, gene], fit.hat[:, gene] = beta, mu, hat
            return fit.beta, fit.mu, fit.hat, converged

        def alpha_mle(self, **given: Any) -> Any:
            dispersions = fit_dispersions(
                np.asarray(given["counts"]),
                np.asarray(given["design_matrix"], dtype=float),
                np.asarray(given["mu"]),
                np.asarray(given["alpha_hat"], dtype=float),
                bounds=(given["min_disp"], given["max_disp"]),
                prior_variance=given.get("prior_disp_var") if given.get("prior_reg") else None,
                adjusted=given.get("cr_reg", True),
            )
            return dispersions, np.isfinite(dispersions)

        def wald_test(self, **given: Any) -> Any:
            if given.get("alt_hypothesis") is not None:
                return super().wald_test(**given)
            design, alpha, beta, mu, contrast, ridge = (
                np.asarray(given[name], dtype=float)
                for name in ("design_matrix", "disp", "lfc", "mu", "contrast", "ridge_factor")
            )
            return wald(design, alpha, beta, mu, contrast, ridge=ridge, null=float(given["lfc_null"]))

    return VectorisedInference(n_cpus=1)
