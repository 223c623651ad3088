"""The paths: which handler answers each, and what is said of it in the OpenAPI document."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import HTMLResponse, PlainTextResponse

from ingest_api import openapi as says
from ingest_api.analyses import Analyses
from ingest_api.auth import Auth
from ingest_api.cancels import Cancels
from ingest_api.contract import Contract
from ingest_api.deliveries import Deliveries
from ingest_api.health import Health
from ingest_api.identity_routes import register_identity, register_own_password
from ingest_api.keys import Keys
from ingest_api.openapi_bodies import upload_body, url_body
from ingest_api.own_password import OwnPassword
from ingest_api.reference import Reference, ScriptBody, StyleBody
from ingest_api.settings import ApiSettings
from ingest_api.sse import EventStreamBody
from ingest_api.streams import Streams
from ingest_api.uploads import Uploads
from ingest_api.urls import Urls
from ingest_api.users import Users


@dataclass(frozen=True, slots=True)
class Handlers:
    uploads: Uploads
    urls: Urls
    analyses: Analyses
    cancels: Cancels
    deliveries: Deliveries
    streams: Streams
    keys: Keys
    users: Users
    auth: Auth
    own_password: OwnPassword
    contract: Contract
    health: Health


def register(app: FastAPI, handlers: Handlers, settings: ApiSettings) -> None:
    _register_work(app, handlers, settings)
    _register_deliveries(app, handlers.deliveries)
    _register_streams(app, handlers.streams)
    register_identity(app, handlers.auth, handlers.keys, handlers.users)
    register_own_password(app, handlers.own_password)
    _register_contract(app, handlers.contract)
    _register_reference(app, Reference(app))
    _register_operations(app, handlers.health)


def _register_work(app: FastAPI, handlers: Handlers, settings: ApiSettings) -> None:
    app.add_api_route(
        "/api/v1/analyze/upload",
        handlers.uploads.analyze,
        methods=["POST"],
        summary="Analyze an uploaded picture",
        tags=["analyze"],
        operation_id="analyze_upload",
        response_model=None,
        responses=says.ANALYZED | says.problems(*says.UPLOAD_PROBLEMS),
        openapi_extra=upload_body(settings),
    )
    app.add_api_route(
        "/api/v1/analyze/url",
        handlers.urls.analyze,
        methods=["POST"],
        summary="Analyze the picture at an address",
        tags=["analyze"],
        operation_id="analyze_url",
        response_model=None,
        responses=says.ANALYZED | says.problems(*says.URL_PROBLEMS),
        openapi_extra=url_body(settings),
    )
    app.add_api_route(
        "/api/v1/analyses/{request_id}",
        handlers.analyses.get,
        methods=["GET"],
        summary="State and result of an analysis",
        tags=["analyses"],
        operation_id="get_analysis",
        response_model=None,
        responses=says.VIEWED,
        openapi_extra=says.SECURED,
    )
    app.add_api_route(
        "/api/v1/analyses/{request_id}/cancel",
        handlers.cancels.cancel,
        methods=["POST"],
        status_code=202,
        summary="Cancel an analysis",
        tags=["analyses"],
        operation_id="cancel_analysis",
        response_model=None,
        responses=says.CANCELLING | says.problems(*says.CANCEL_PROBLEMS),
        openapi_extra=says.SECURED,
    )


def _register_deliveries(app: FastAPI, deliveries: Deliveries) -> None:
    app.add_api_route(
        "/api/v1/analyses/{request_id}/deliveries",
        deliveries.of_analysis,
        methods=["GET"],
        summary="How the outcome was posted to the callback",
        tags=["analyses"],
        operation_id="list_deliveries",
        response_model=None,
        responses=says.DELIVERIES,
        openapi_extra=says.SECURED,
    )


def _register_streams(app: FastAPI, streams: Streams) -> None:
    app.add_api_route(
        "/api/v1/analyses/{request_id}/events",
        streams.of_analysis,
        methods=["GET"],
        summary="Stream one analysis to its outcome",
        tags=["events"],
        operation_id="stream_analysis",
        response_class=EventStreamBody,
        response_model=None,
        responses=says.ANALYSIS_STREAM | says.problems(*says.STREAM_PROBLEMS),
        openapi_extra=says.SECURED,
    )
    app.add_api_route(
        "/api/v1/events",
        streams.of_tenant,
        methods=["GET"],
        summary="Stream all outcomes",
        tags=["events"],
        operation_id="stream_events",
        response_class=EventStreamBody,
        response_model=None,
        responses=says.TENANT_STREAM | says.problems(*says.STREAM_PROBLEMS),
        openapi_extra=says.RESUMABLE,
    )


def _register_contract(app: FastAPI, contract: Contract) -> None:
    app.add_api_route(
        "/asyncapi.json", contract.document, methods=["GET"], summary="Contract of the topics",
        tags=["contract"], operation_id="asyncapi", response_model=None,
        responses=says.ASYNCAPI,
    )  # fmt: skip
    app.add_api_route(
        "/asyncapi", contract.page, methods=["GET"], summary="Contract of the topics, for people",
        tags=["contract"], operation_id="asyncapi_page", response_model=None,
        response_class=HTMLResponse,
        responses=says.ASYNCAPI_PAGE,
    )  # fmt: skip


def _register_operations(app: FastAPI, health: Health) -> None:
    app.add_api_route(
        "/health", health.alive, methods=["GET"], summary="Alive", tags=["operations"],
        operation_id="health", response_model=None, responses=says.ALIVE,
    )  # fmt: skip
    app.add_api_route(
        "/ready", health.ready, methods=["GET"], summary="Ready", tags=["operations"],
        operation_id="ready", response_model=None, responses=says.READY,
    )  # fmt: skip
    app.add_api_route(
        "/metrics", health.metrics, methods=["GET"], summary="Metrics", tags=["operations"],
        operation_id="metrics", response_model=None, response_class=PlainTextResponse,
        responses=says.METRICS,
    )  # fmt: skip


def _register_reference(app: FastAPI, reference: Reference) -> None:
    app.add_api_route(
        "/openapi.json", reference.document, methods=["GET"], summary="This document",
        tags=["contract"], operation_id="openapi", response_model=None, responses=says.OPENAPI,
    )  # fmt: skip
    app.add_api_route(
        "/docs", reference.page, methods=["GET"], summary="This document, for people",
        tags=["contract"], operation_id="reference_page", response_model=None,
        response_class=HTMLResponse, responses=says.PAGE,
    )  # fmt: skip
    app.add_api_route(
        "/docs/swagger-ui.js", reference.script, methods=["GET"], summary="Script of the page",
        tags=["contract"], operation_id="reference_script", response_model=None,
        response_class=ScriptBody, responses=says.SCRIPT,
    )  # fmt: skip
    app.add_api_route(
        "/docs/swagger-ui.css", reference.style, methods=["GET"], summary="Looks of the page",
        tags=["contract"], operation_id="reference_style", response_model=None,
        response_class=StyleBody, responses=says.STYLE,
    )  # fmt: skip
