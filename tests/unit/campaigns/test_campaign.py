"""Mistakes in campaign files are found before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from opscli.errors import ConfigInvalid

if TYPE_CHECKING:
    from tests.unit.campaigns.conftest import Shop


def test_mistakes_in_a_campaign_are_shown_at_their_place(shop: Shop) -> None:
    shop.config(
        "campaigns/winback.yaml",
        """kind: campaign
version: 1
topic: offer
trigger: {tag_entered: at_rsk}
audience: "countri = 'GB'"
steps:
  - {id: one, send: {channel: post, template: helo}}
  - {id: one, wait: {for: 3d}}
""",
    )
    with pytest.raises(ConfigInvalid) as caught:
        shop.context()
    places = {str(issue).split(" ", 1)[0].split("/")[-1] for issue in caught.value.issues}
    assert places == {
        "winback.yaml:3:8:", "winback.yaml:4:24:", "winback.yaml:5:12:", "winback.yaml:7:31:", "winback.yaml:7:47:",
        "winback.yaml:8:5:", "winback.yaml:8:21:",
    }  # fmt: skip


def test_marketing_needs_a_channel_with_a_way_out(shop: Shop) -> None:
    shop.change(
        "channels/mail.yaml", 'unsubscribe: {mailto: off@shop.example, url: "https://shop.example/off/{token}"}', ""
    )
    with pytest.raises(ConfigInvalid) as caught:
        shop.context()
    assert "may not carry marketing" in str(caught.value.issues[0])
