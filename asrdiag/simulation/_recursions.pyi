import numpy as np
import numpy.typing as npt

def one_pole(
    samples: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
    state: npt.NDArray[np.float64],
    begun: bool,
    b0: float,
    b1: float,
    a: float,
    wet: float,
    dry: float,
    passes: int,
    /,
) -> None: ...
def reverb(
    samples: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
    state: npt.NDArray[np.float64],
    done: int,
    sample_rate_hz: int,
    feedback: float,
    damping: float,
    wet: float,
    dry: float,
    /,
) -> None: ...
def energy(
    samples: npt.NDArray[np.float32],
    state: npt.NDArray[np.float64],
    sections: npt.NDArray[np.float64],
    edges: npt.NDArray[np.int64],
    out: npt.NDArray[np.float64],
    /,
) -> None: ...
