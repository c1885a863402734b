"""/v1/threads and /v1/messages: the inbox (chapters 3 and 11)."""

from flask import Response
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.asked import Body, InView, MessagePath, Paged, ThreadPath
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import Render, act, look
from sandbox.api.doors import Doors
from sandbox.api.native import answers, render
from sandbox.central import messages, search
from sandbox.central.world import World

doors = Doors(
    "messages", __name__, url_prefix="/v1", abp_tags=[Tag(name="messages", description="The inbox: buyers' messages.")]
)
doors.before_request(enter_by_key)


class InboxQuery(Paged):
    """Which threads or messages."""

    waiting: bool = Field(False, description="Only those in which a buyer waits for a reply.")
    order_id: str | None = Field(None, max_length=40, description="Only those of this order.")


class Reply(Body):
    """An answer to a buyer."""

    text: str
    automatic: bool = Field(False, description="Sent by a machine: it does not count as a response.")


def whole(thread: int, view: str) -> Render:
    """The thread as the API shows it."""

    def rendered(world: World) -> render.Json:
        found = messages.conversation(world, thread, view)
        return render.thread(found, world.ids.masked_mail(0), world.policy)

    return rendered


@doors.get("/threads", summary="List threads", responses={200: answers.Threads})
def list_threads(query: InboxQuery) -> Response:
    """The thread last written in first."""
    return look(lambda world: render.threads(search.threads(world, **query.model_dump())))


@doors.get("/threads/<int:thread>", summary="Read a thread", responses={200: answers.Thread})
def read_thread(path: ThreadPath, query: InView) -> Response:
    """A thread with all its messages. Carries an ETag."""
    return look(whole(path.thread, query.view), tagged=True)


@doors.post("/threads/<int:thread>/replies", summary="Reply to a buyer", responses={201: answers.Thread})
def reply(path: ThreadPath, query: InView, body: Reply) -> Response:
    """Answer all that waits in the thread. Answers with the thread as it is then."""
    thread = whole(path.thread, query.view)
    said = {"text": body.text, "automatic": body.automatic}
    return act(messages.reply, thread, status=201, tagged=thread, thread=path.thread, view=query.view, **said)


@doors.get("/messages", summary="List messages", responses={200: answers.Messages})
def list_messages(query: InboxQuery) -> Response:
    """Messages of all threads, the oldest first, those of buyers each with the moment to answer by."""
    return look(lambda world: render.messages(search.messages(world, **query.model_dump()), world.policy))


@doors.get("/messages/<int:message>", summary="Read a message", responses={200: answers.Message})
def read_message(path: MessagePath, query: InView) -> Response:
    """One message. Carries an ETag."""
    return look(one(path.message, query.view), tagged=True)


@doors.post(
    "/messages/<int:message>/no-response-needed", summary="Mark: no response needed", responses={200: answers.Message}
)
def mark_no_response_needed(path: MessagePath, query: InView) -> Response:
    """Take a buyer's message, a thank-you for instance, out of the response rate."""
    message = one(path.message, query.view)
    return act(messages.mark_no_response_needed, message, tagged=message, message=path.message, view=query.view)


def one(message: int, view: str) -> Render:
    """The message as the API shows it."""
    return lambda world: render.message(messages.message_of(world, message, view)[0], world.policy)
