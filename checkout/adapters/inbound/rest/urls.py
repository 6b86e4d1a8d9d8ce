"""Where the REST API of a checkout is."""

from __future__ import annotations

from django.urls import path

from checkout.adapters.inbound.rest import views

app_name = "checkout_api"

urlpatterns = [
    path("checkouts", views.StartView.as_view(), name="checkouts"),
    path("checkouts/<str:checkout_id>", views.ShowView.as_view(), name="checkout"),
    path("checkouts/<str:checkout_id>/summary", views.SummaryView.as_view(), name="summary"),
    path("checkouts/<str:checkout_id>/confirm", views.ConfirmView.as_view(), name="confirm"),
    path("checkouts/<str:checkout_id>/retry", views.RetryView.as_view(), name="retry"),
    path("checkouts/<str:checkout_id>/abort", views.AbortView.as_view(), name="abort"),
    path("checkouts/<str:checkout_id>/extend", views.ExtendView.as_view(), name="extend"),
]
