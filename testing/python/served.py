"""`floodmark serve` as a process of its own, and what it uses."""

import os
import subprocess
import threading
from pathlib import Path

SAYS = "Floodmark listens at "


class Server:
    """A server on a free port, with a data folder that is given. Linux only: it looks into `/proc`."""

    def __init__(self, program: str, home: Path, options: list[str] | None = None) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "FLOODMARK_HOME": str(home),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        arguments = [program, *(options or []), "serve", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.url = ""
        for line in self.process.stderr:
            self.said.append(line)
            if line.startswith(SAYS):
                self.url = line.removeprefix(SAYS).strip()
                break
        assert self.url, "the server did not start: " + "".join(self.said)
        threading.Thread(target=self.listen, daemon=True).start()
        self.folder = Path(f"/proc/{self.process.pid}")

    def listen(self) -> None:
        """Reads on, so that the server never waits for a reader."""
        for line in self.process.stderr:
            self.said.append(line)

    def point(self) -> None:
        """Sets what tells clients of this process, and of those that it starts, where AWS is."""
        os.environ.update(
            AWS_ENDPOINT_URL=self.url,
            AWS_ACCESS_KEY_ID="testing",
            AWS_SECRET_ACCESS_KEY="testing",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
        )

    def memory(self) -> int:
        """Its memory in MB."""
        pages = int((self.folder / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000

    def peak(self) -> int:
        """The most memory that it had, in MB, since the last call of `forget_peak`."""
        lines = (self.folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 // 1_000_000

    def forget_peak(self) -> None:
        """Begins anew to remember the most memory."""
        (self.folder / "clear_refs").write_text("5")

    def files(self) -> int:
        """How many files and connections it has open."""
        return len(os.listdir(self.folder / "fd"))

    def cpu(self) -> float:
        """The CPU time that it used, in seconds."""
        words = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> int:
        """Ends it in good order, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)
