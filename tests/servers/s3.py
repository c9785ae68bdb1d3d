"""A strict stand-in for S3: signatures checked, listings by pages, objects by key."""

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from xml.sax.saxutils import escape

import httpx
from aiohttp import web

from knowledge.ingestion.sources.awssignature import AwsSignature
from tests.servers.vendor import Vendor

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"


class S3(Vendor):
    """Serves `objects` of the bucket `docs`, at most `most` a listing."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.secret = SECRET
        self._most = most
        self.route("GET", "/docs", self._list)
        self.route("GET", "/docs/{key:.+}", self._object)
        self.route("GET", "/{bucket}", self._nothing)

    def is_authorized(self, request: web.Request) -> bool:
        """Compare with the signature of the same request (the signer has S3's own examples)."""
        moment = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
        if abs(datetime.now(UTC) - moment) > timedelta(minutes=15):
            self.violations.append("clock")
        url = f"http://{request.headers['Host']}{request.raw_path}"
        same = httpx.Request(request.method, url)
        AwsSignature(ACCESS, self.secret, region="eu-central-1").sign(same, moment)
        return request.headers.get("Authorization") == same.headers["Authorization"]

    async def _nothing(self, _request: web.Request) -> web.Response:
        return web.Response(status=404, text="<Error><Code>NoSuchBucket</Code></Error>")

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("list-type") != "2":
            return self.refuse(f"list: {dict(query)}")
        after, prefix = query.get("start-after", ""), query["prefix"]
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{hash(self.objects[key]):x}&quot;"
            "</ETag></Contents>"
            for key in keys[: self._most]
        )
        is_cut = str(len(keys) > self._most).lower()
        text = (
            '<?xml version="1.0"?><ListBucketResult '
            'xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{is_cut}</IsTruncated>{found}</ListBucketResult>"
        )
        return web.Response(text=text, content_type="application/xml")

    async def _object(self, request: web.Request) -> web.Response:
        content = self.objects.get(unquote(request.match_info["key"]))
        if content is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        return web.Response(body=content)
