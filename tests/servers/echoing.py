"""A server that is any vendor's and refuses everything, in words that quote what it should not."""

from aiohttp import web

from tests.servers.loopback import Loopback


class Echoing(Loopback):
    """Answers each request with an error: `said`, and what it was asked, back again."""

    def __init__(self, said: str, *, status: int = 400) -> None:
        super().__init__(max_bytes=64 * 1024**2)
        self.said, self.status, self.asked = said, status, 0
        self.application.router.add_route("*", "/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        words = f"{self.said} {(await request.read())[:2000].decode(errors='replace')}"
        told = {"ok": False, "error": words, "needed": words, "message": words, words: words}
        return web.json_response({**told, "status": {"error": words}}, status=self.status)


class EchoingIndex(Echoing):
    """A Qdrant that is empty, finds nothing and keeps nothing: both fail, with quotations."""

    def __init__(self, said: str) -> None:
        super().__init__(said, status=500)
        self._size = 0

    async def _answer(self, request: web.Request) -> web.Response:
        known: dict[str, object] = {
            "/collections/aliases": True,
            "/aliases": {"aliases": []},
            "/exists": {"exists": bool(self._size)},
            "/index": {"operation_id": 1, "status": "completed"},
            "/points/scroll": {"points": [], "next_page_offset": None},
            "/points/count": {"count": 0},
        }
        for end, result in known.items():
            if request.path.endswith(end):
                return _done(result)
        if request.path.count("/") > 2:
            return await super()._answer(request)
        if request.method == "GET":
            return _done(_about(self._size))
        self._size = (await request.json())["vectors"]["dense"]["size"]
        return _done(result=True)


def _done(result: object) -> web.Response:
    return web.json_response({"result": result, "status": "ok", "time": 0.0})


def _about(size: int) -> dict[str, object]:
    vectors = {"dense": {"size": size, "distance": "Cosine"}}
    return {
        "status": "green",
        "optimizer_status": "ok",
        "segments_count": 1,
        "config": {
            "params": {"vectors": vectors},
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
        },
        "payload_schema": {},
    }
