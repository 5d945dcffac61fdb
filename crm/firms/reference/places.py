"""Where the files lie that ship with the house."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "seeds" / "reference"
