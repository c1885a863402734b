"""/v1/cases: seller support and the case dashboard (chapter 12)."""

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Asked, Body, CasePath
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import Render, act, carry_out, look
from sandbox.api.doors import Doors
from sandbox.api.native import answers, render
from sandbox.central import cases
from sandbox.central.facts import CaseOpened
from sandbox.central.search import PAGE, PAGE_AT_MOST
from sandbox.central.world import World

doors = Doors("cases", __name__, url_prefix="/v1", abp_tags=[Tag(name="cases", description="Seller support.")])
doors.before_request(enter_by_key)


class CasesQuery(Asked):
    """Which cases."""

    state: answers.CaseState | None = Field(None, description="Only those; all, if left out.")
    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Rows of the page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class Question(Body):
    """What to ask seller support."""

    subject: str = Field(description=f"One of {', '.join(cases.SUBJECTS)}.")
    text: str
    order_id: str = Field("", description="The order it is about, if it is about one.")


class CaseReply(Body):
    """More to say in a case."""

    text: str


def whole(case: int) -> Render:
    """The case as the API shows it."""
    return lambda world: render.case(cases.dialogue(world, case))


@doors.get("/cases", summary="List cases", responses={200: answers.Cases})
def list_cases(query: CasesQuery) -> Response:
    """The newest first."""
    return look(lambda world: render.cases(cases.dashboard(world, **query.model_dump())))


@doors.post("/cases", summary="Open a case", responses={201: answers.Case})
def open_case(body: Question) -> Response:
    """Ask seller support, which answers after a while. Answers with the case."""
    opened: list[int] = []

    def ask(world: World) -> None:
        (fact,) = world.do(cases.open_case, by="seller via api", **body.model_dump())
        assert isinstance(fact, CaseOpened)
        opened.append(fact.case)

    return carry_out(ask, lambda world: whole(opened[0])(world), status=201)


@doors.get("/cases/<int:case>", summary="Read a case", responses={200: answers.Case})
def show_case(path: CasePath) -> Response:
    """A case with all that was said in it. Carries an ETag. Looking at it does not mark its answer as read."""
    return look(whole(path.case), tagged=True)


@doors.post("/cases/<int:case>/read", summary="Mark a case's answer as read", responses={200: answers.Case})
def read(path: CasePath) -> Response:
    """The answer was read and requires no more attention."""
    case = whole(path.case)
    return act(cases.read, case, tagged=case, case=path.case)


@doors.post("/cases/<int:case>/replies", summary="Reply in a case", responses={201: answers.Case})
def reply_in_case(path: CasePath, body: CaseReply) -> Response:
    """Write again. A case that was answered is opened again."""
    case = whole(path.case)
    return act(cases.reply, case, status=201, tagged=case, case=path.case, text=body.text)


@doors.post("/cases/<int:case>/closing", summary="Close a case", responses={200: answers.Case})
def close(path: CasePath) -> Response:
    """A case that is closed stays closed."""
    case = whole(path.case)
    return act(cases.close, case, tagged=case, case=path.case)
