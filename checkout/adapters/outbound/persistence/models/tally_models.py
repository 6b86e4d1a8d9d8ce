"""What the dashboard counts, hour by hour, and how far it has counted."""

from __future__ import annotations

from django.db import models


class HourlyTally(models.Model):
    """How often something happened in the hour that begins at `hour`.

    `kind`, `name`, `outcome` and `bucket` are those of `read_models.tally`; a bucket of -1 stands
    for what has no duration. Old hours are deleted.
    """

    hour = models.DateTimeField()
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60)
    outcome = models.CharField(max_length=60, default="", blank=True)
    bucket = models.SmallIntegerField(default=-1)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "kind", "name", "outcome", "bucket"], name="checkout_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.kind} {self.name} {self.outcome}"


class TallyCursor(models.Model):
    """The rows of one journal up to `position` are in the tallies, each of them once.

    `horizon` is the newest row that there was at `seen_at`; `complete_until` is the moment up to
    which everything has been counted.
    """

    name = models.CharField(max_length=20, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    horizon = models.PositiveBigIntegerField(default=0)
    seen_at = models.DateTimeField()
    complete_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
