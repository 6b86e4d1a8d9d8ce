"""What the processes keep among themselves: periodic jobs, who tries too often, used links."""

from __future__ import annotations

from django.db import models


class PeriodicJob(models.Model):
    """A job that one of all workers does every so often. `cursor` is how far it has come."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField()
    holder = models.CharField(max_length=40, default="")
    lease_until = models.DateTimeField(null=True)
    cursor = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class AttemptCounter(models.Model):
    """How often somebody has begun a payment lately, and how often that was refused.

    `key` names a session or an address by a hash; `who` is the address itself, kept only where a
    limit was reached, as a note for staff.
    """

    key = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    refused = models.PositiveIntegerField(default=0)
    refused_at = models.DateTimeField(null=True)
    who = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        verbose_name = "limit of attempts"
        verbose_name_plural = "limits of attempts"

    def __str__(self) -> str:
        return self.who or self.key[:20]


class UsedLink(models.Model):
    """A link of a mail that has been used: `link` is its hash, and makes it single-use."""

    link = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.link[:20]
