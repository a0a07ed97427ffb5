"""Where the real data are found, and what is said when they are not."""

from __future__ import annotations

import pytest

from opscli.demo.original import original_folder
from opscli.errors import DataUnusable


def test_a_missing_package_names_the_way_out() -> None:
    with pytest.raises(DataUnusable, match="no-such-package-of-purchases, which is not installed") as caught:
        original_folder("no_such_package_of_purchases")
    assert caught.value.remedy == "pip install 'opscli[demo]'"


def test_a_package_without_its_files_is_named_with_what_it_lacks() -> None:
    with pytest.raises(DataUnusable, match=r"lacks transactions\.parquet, products\.parquet"):
        original_folder("json")
