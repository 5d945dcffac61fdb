"""Verbs of applications. Each flushes; the request or the command commits all of it or nothing.

A step changes the application first and its case after: the case's page, an official list, whoever moves the case brings its
applications along (`follow`), and finds nothing to do where the step came from here.
"""

from crm.applications.service.cases import join_case
from crm.applications.service.filling import answer, attach, start, take_paper_back, under_way
from crm.applications.service.steps import announce, grant, recommend, refuse, review, send_back, submit, withdraw

__all__ = [
    "announce",
    "answer",
    "attach",
    "grant",
    "join_case",
    "recommend",
    "refuse",
    "review",
    "send_back",
    "start",
    "submit",
    "take_paper_back",
    "under_way",
    "withdraw",
]
