"""Apache Beam, imported without the warning about a cloud library that nobody here asked for."""

import logging

_root = logging.getLogger()
_silence = logging.NullHandler()
_root.addHandler(_silence)  # else the warning installs a handler of its own, and every later one is printed twice

import apache_beam as beam  # noqa: E402
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions  # noqa: E402
from apache_beam.portability import python_urns  # noqa: E402
from apache_beam.runners.portability.fn_api_runner import FnApiRunner  # noqa: E402
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (  # noqa: E402
    BeamFnControlServicer,
    SubprocessSdkWorkerHandler,
    WorkerHandler,
)
from apache_beam.runners.worker import sdk_worker_main  # noqa: E402
from apache_beam.transforms.environments import SubprocessSDKEnvironment  # noqa: E402

_root.removeHandler(_silence)

__all__ = [
    "BeamFnControlServicer",
    "DirectOptions",
    "FnApiRunner",
    "PipelineOptions",
    "SubprocessSDKEnvironment",
    "SubprocessSdkWorkerHandler",
    "WorkerHandler",
    "beam",
    "python_urns",
    "sdk_worker_main",
]
