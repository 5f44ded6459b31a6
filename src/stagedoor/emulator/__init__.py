"""A stand-in for the cloud side: Ark's asset library, simulated. Imports nothing of the gateway."""

from stagedoor.emulator.app import create_emulator
from stagedoor.emulator.server import RefusedToBind, RunningEmulator, run_emulator, start_emulator
from stagedoor.emulator.settings import EmulatorSettings, QuotaLimit, Rules, Transition

__all__ = [
    "EmulatorSettings",
    "QuotaLimit",
    "RefusedToBind",
    "Rules",
    "RunningEmulator",
    "Transition",
    "create_emulator",
    "run_emulator",
    "start_emulator",
]
