# pyright: basic, reportMissingImports=false
"""The helpdesk alone: the files attached to its follow-ups are not served, and not asked for."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls"))]
