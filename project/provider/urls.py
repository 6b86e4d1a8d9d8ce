"""The provider's addresses; include them under the path of `PROVIDER["BASE_URL"]`.

`path("provider/", include("project.provider.urls"))`
"""

from django.urls import path, re_path

from project.provider import api, pages

app_name = "provider"

urlpatterns = [
    path("v1/payments", api.Payments.as_view(), name="payments"),
    path("v1/payments/<slug:payment_id>", api.OnePayment.as_view(), name="payment"),
    re_path(
        r"^v1/payments/(?P<payment_id>[\w-]+)/(?P<action>close|capture|void|refund)$",
        api.Action.as_view(),
        name="action",
    ),
    path("v1/faults", api.Faults.as_view(), name="faults"),
    path("pay/<slug:payment_id>/", pages.pay, name="pay"),
    path("pay/<slug:payment_id>/challenge/", pages.challenge, name="challenge"),
]
