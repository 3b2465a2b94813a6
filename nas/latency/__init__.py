"""Latency: measured here, and predicted for any candidate from runs measured once."""

from nas.latency.calibrating import calibrate
from nas.latency.calibration import Calibration, Error, Setting
from nas.latency.measured import Measured, measure

__all__ = ["Calibration", "Error", "Measured", "Setting", "calibrate", "measure"]
