"""S3's and STS's operations through boto3."""

import hashlib
import io
import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from checks import BUCKET, check, fails, holds, main, place, same, unique
from statements import keys, parted, read, s3, write

sts = boto3.client("sts")


def folder() -> str:
    """The beginning of keys that no other check uses, in the scripts' bucket that is there."""
    s3.create_bucket(Bucket=BUCKET)
    return parted(place("s3"))[1]


def code(call: object) -> str:
    """The code with which a call is refused."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@check
def who_asks_is_told() -> None:
    found = sts.get_caller_identity()
    same((len(found["Account"]), found["Account"].isdigit()), (12, True))
    holds(found["Arn"], found["Account"])
    assert found["UserId"]


@check
def buckets_come_and_go() -> None:
    name = unique("bucket").replace("_", "-")
    same(code(lambda: s3.head_bucket(Bucket=name)), "404")
    s3.create_bucket(Bucket=name)
    s3.head_bucket(Bucket=name)
    s3.head_bucket(Bucket=name, ExpectedBucketOwner=sts.get_caller_identity()["Account"])
    assert "LocationConstraint" in s3.get_bucket_location(Bucket=name)
    assert name in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket=name, Key="a", Body=b"")
    same(code(lambda: s3.delete_bucket(Bucket=name)), "BucketNotEmpty")
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_bucket(Bucket=name)
    same(code(lambda: s3.head_bucket(Bucket=name)), "404")
    assert code(lambda: s3.list_objects_v2(Bucket=name)) == "NoSuchBucket"


@check
def an_object_is_written_and_read() -> None:
    key, body = folder() + "deep/er/an object ü+&=%.bin", bytes(range(256)) * 100
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType="text/plain")
    found = s3.get_object(Bucket=BUCKET, Key=key)
    same(found["Body"].read() == body, True, "that the bytes come back")
    head = s3.head_object(Bucket=BUCKET, Key=key)
    same((head["ContentLength"], head["ETag"]), (len(body), put["ETag"]))
    assert head["LastModified"]
    for asked, expected in [
        ("bytes=0-9", body[:10]),
        ("bytes=10-10", body[10:11]),
        ("bytes=25000-", body[25000:]),
        ("bytes=-7", body[-7:]),
        ("bytes=25599-99999", body[-1:]),
    ]:
        part = s3.get_object(Bucket=BUCKET, Key=key, Range=asked)
        same((part["ResponseMetadata"]["HTTPStatusCode"], part["Body"].read()), (206, expected), asked)
    same(code(lambda: s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=99999-")), "InvalidRange")
    same(code(lambda: s3.get_object(Bucket=BUCKET, Key=key, IfNoneMatch=head["ETag"])), "304")
    same(code(lambda: s3.get_object(Bucket=BUCKET, Key=key, IfMatch='"other"')), "PreconditionFailed")
    same(code(lambda: s3.head_object(Bucket=BUCKET, Key=key + "x")), "404")
    same(code(lambda: s3.get_object(Bucket=BUCKET, Key=key + "x")), "NoSuchKey")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"")
    assert s3.head_object(Bucket=BUCKET, Key=key)["ETag"] != put["ETag"]


@check
def lists_have_prefixes_and_pages() -> None:
    base = folder()
    names = [f"{base}{name}" for name in ["a-b", "a/1", "a/2", "a0", "b/c/d", "é", "z"]]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode())
    ordered = sorted(names, key=str.encode)
    for size in [1, 2, 3, 1000]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=base, PaginationConfig={"PageSize": size})
        same([one["Key"] for page in pages for one in page.get("Contents", [])], ordered, f"pages of {size}")
        pages = s3.get_paginator("list_objects").paginate(Bucket=BUCKET, Prefix=base, PaginationConfig={"PageSize": size})
        same([one["Key"] for page in pages for one in page.get("Contents", [])], ordered, f"old pages of {size}")
        found = []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=base, Delimiter="/", PaginationConfig={"PageSize": size}):
            found += [one["Key"] for one in page.get("Contents", [])] + [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        same(sorted(found, key=str.encode), sorted([base + name for name in ["a-b", "a/", "a0", "b/", "é", "z"]], key=str.encode))
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{base}a/", StartAfter=f"{base}a/1")
    same([one["Key"] for one in page["Contents"]], [f"{base}a/2"])
    same((page["KeyCount"], page["IsTruncated"]), (1, False))
    same(s3.list_objects_v2(Bucket=BUCKET, Prefix=base, MaxKeys=0)["KeyCount"], 0)
    same(s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{base}nothing")["KeyCount"], 0)


@check
def objects_are_deleted_and_copied() -> None:
    base = folder()
    names = [f"{base}{number:04}" for number in range(30)]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    s3.copy_object(Bucket=BUCKET, Key=f"{base}copy ü", CopySource={"Bucket": BUCKET, "Key": names[0]})
    same(read(f"s3://{BUCKET}/{base}copy ü"), b"x")
    gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": name} for name in [*names, f"{base}missing"]]})
    same(len(gone["Deleted"]), 31)
    same(gone.get("Errors", []), [])
    s3.delete_object(Bucket=BUCKET, Key=f"{base}copy ü")
    same(keys(f"s3://{BUCKET}/{base}"), [])
    # What is not there is deleted already.
    s3.delete_object(Bucket=BUCKET, Key=f"{base}missing")


@check
def a_large_object_goes_up_in_parts() -> None:
    base = folder()
    body = os.urandom(1 << 20) * 20
    s3.upload_fileobj(io.BytesIO(body), BUCKET, f"{base}large")
    down = io.BytesIO()
    s3.download_fileobj(BUCKET, f"{base}large", down)
    same(hashlib.sha256(down.getvalue()).hexdigest(), hashlib.sha256(body).hexdigest())

    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{base}parts")["UploadId"]
    known = {"Bucket": BUCKET, "Key": f"{base}parts", "UploadId": upload}
    parts = []
    for number, part in [(2, b"b" * (5 << 20)), (1, b"a" * (5 << 20)), (3, b"c")]:
        parts.append({"PartNumber": number, "ETag": s3.upload_part(**known, PartNumber=number, Body=part)["ETag"]})
    parts.sort(key=lambda part: part["PartNumber"])
    listed = s3.list_parts(**known)["Parts"]
    same([(part["PartNumber"], part["ETag"]) for part in listed], [(part["PartNumber"], part["ETag"]) for part in parts])
    assert upload in [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]
    # Nothing is seen before it is whole.
    same(keys(f"s3://{BUCKET}/{base}parts"), [])
    s3.complete_multipart_upload(**known, MultipartUpload={"Parts": parts})
    same(read(f"s3://{BUCKET}/{base}parts") == b"a" * (5 << 20) + b"b" * (5 << 20) + b"c", True, "the order of the parts")

    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{base}dropped")["UploadId"]
    known = {"Bucket": BUCKET, "Key": f"{base}dropped", "UploadId": upload}
    s3.upload_part(**known, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**known)
    same(code(lambda: s3.upload_part(**known, PartNumber=2, Body=b"x")), "NoSuchUpload")
    same(keys(f"s3://{BUCKET}/{base}dropped"), [])


@check
def checksums_are_taken_in_every_form() -> None:
    base = folder()
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=BUCKET, Key=f"{base}{algorithm}", Body=algorithm.encode() * 1000, ChecksumAlgorithm=algorithm)
        same(read(f"s3://{BUCKET}/{base}{algorithm}"), algorithm.encode() * 1000)
    # A body whose length is not known is sent in chunks.
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.left = [b"one", b"two"]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:
            piece = self.left.pop(0) if self.left else b""
            buffer[: len(piece)] = piece
            return len(piece)

    s3.upload_fileobj(io.BufferedReader(Stream()), BUCKET, f"{base}stream")
    same(read(f"s3://{BUCKET}/{base}stream"), b"onetwo")


@check
def presigned_addresses_work() -> None:
    base = folder()
    for version in ["s3", "s3v4"]:
        signer = boto3.client("s3", config=Config(signature_version=version))
        put = signer.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": f"{base}{version}"})
        with urllib.request.urlopen(urllib.request.Request(put, data=b"signed", method="PUT"), timeout=20) as found:
            same(found.status, 200)
        get = signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": f"{base}{version}"})
        with urllib.request.urlopen(get, timeout=20) as found:
            same(found.read(), b"signed")


@check
def hostile_keys_stay_inside() -> None:
    for key in ["../outside", "a/../../outside", "/absolute", "a//b", "./a", "a\x00b"]:
        try:
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        except (ClientError, Exception) as error:  # noqa: BLE001 - a client may refuse it too
            assert "500" not in str(error) and "InternalError" not in str(error), f"{key!r}: {error}"
        else:
            same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"x", key)
            s3.delete_object(Bucket=BUCKET, Key=key)
    with fails(ClientError):
        s3.put_object(Bucket=BUCKET, Key="x" * 1025, Body=b"x")


@check
def writing_to_a_bucket_that_is_not_there_makes_it() -> None:
    name = unique("fresh").replace("_", "-")
    write(f"s3://{name}/a/b", b"x")
    same(read(f"s3://{name}/a/b"), b"x")


main()
