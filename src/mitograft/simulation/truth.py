"""What is true in the embedded virtual study ``pn101``.

The numbers are assumptions chosen to look like such experiments; none was measured, and no concentration or
effect of the real study is public. They live here, where no analysis can import them, and in the truth folder
that the simulator writes beside the study.
"""

from dataclasses import dataclass, field

__all__ = ["MouseTruth", "StudyTruth"]


@dataclass(frozen=True)
class MouseTruth:
    """The mouse arm in a few numbers; dose and size of the real one are not public.

    Parameters
    ----------
    mice
        Mice a group: healthy, CIM with vehicle, CIM with a low and with a high dose.
    doses
        The two doses of PN-101 (ug).
    left
        Share of the disease that is left under each dose.
    severity
        Severity of untreated mice at the peak, in points of the scheme.
    scheme
        Grading scheme the raters use.
    photographed
        Mice a group with an H&E field and a mask of its fibres; few, because measuring them takes long.
    humane_loss
        Share of the baseline weight whose loss ends the study for a mouse.
    """

    mice: int = 8
    doses: tuple[float, float] = (5.0, 50.0)
    left: tuple[float, float] = (0.6, 0.05)
    severity: float = 3.5
    scheme: str = "sugihara-2007"
    photographed: int = 3
    humane_loss: float = 0.2


@dataclass(frozen=True)
class StudyTruth:
    """The virtual study in a few numbers.

    Parameters
    ----------
    donors
        Patients and healthy donors of the myoblasts (one of each on every plate), and independent cultures of
        C2C12.
    between_donors, between_plates
        Standard deviations of the logarithm of respiration.
    defect
        Respiration of patients' myoblasts, as a share of healthy ones.
    rescue
        Factor of PN-101 on patients' respiration; 1 is no effect.
    fusion
        True fusion index of healthy and patients' myoblasts, and of patients' with PN-101.
    fusion_c2c12
        The same for C2C12: injured, and injured with PN-101.
    between_fields
        Standard deviation of the true fusion index between donors.
    plate_rescue
        Share of what is missing in injured C2C12 that a high dose of PN-101 restores.
    fields
        Fields of view for each donor and condition.
    mouse
        The mouse arm.
    """

    donors: int = 5
    between_donors: float = 0.15
    between_plates: float = 0.08
    defect: float = 0.6
    rescue: float = 1.35
    fusion: tuple[float, float, float] = (0.6, 0.35, 0.5)
    fusion_c2c12: tuple[float, float] = (0.3, 0.48)
    between_fields: float = 0.04
    plate_rescue: float = 0.75
    fields: int = 2
    mouse: MouseTruth = MouseTruth()
    notes: tuple[str, ...] = field(default=("Simulated. No number was measured.",))
