"""Builds the binary into the wheel.

``pip wheel python/`` and ``pip install python/`` in a checkout with Go build the command and put
it into a wheel for the platform. GOOS and GOARCH build it for another. Without Go or without the
checkout, as from a source distribution, the wheel is of pure Python and finds the binary on the
PATH. PROSPECT_WHEEL=pure asks for that, PROSPECT_WHEEL=binary refuses it.
PROSPECT_WHEEL_BINARY=FILE takes a binary that was built before for GOOS and GOARCH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The binary is static: it needs no C library, so that a wheel fits any Linux.
TAGS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
}


class CustomBuildHook(BuildHookInterface):
    """Adds the binary to the files of a wheel."""

    def initialize(self, version: str, build_data: Dict[str, Any]) -> None:
        wanted = os.environ.get("PROSPECT_WHEEL", "")
        module = Path(self.root).parent
        go = shutil.which("go")
        if wanted == "pure" or version == "editable":
            return
        if go is None or not (module / "cmd" / "prospect").is_dir():
            if wanted == "binary":
                raise RuntimeError("PROSPECT_WHEEL=binary: want Go on the PATH and a checkout of Prospect around this folder")
            self.app.display_warning("no Go or no checkout of Prospect: the wheel holds no binary and looks for it on the PATH")
            return
        platform = self.platform(go, module)
        if platform not in TAGS:
            raise RuntimeError(f"GOOS/GOARCH, got {platform}, want one of {', '.join(TAGS)}")
        self.folder = tempfile.mkdtemp(prefix="prospect-wheel-")
        name = "prospect.exe" if platform.startswith("windows/") else "prospect"
        built = os.environ.get("PROSPECT_WHEEL_BINARY")
        if built:
            shutil.copy(built, os.path.join(self.folder, name))
        else:
            self.build(go, module, name)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS[platform]}"
        build_data["force_include"][os.path.join(self.folder, name)] = f"prospect_pc/bin/{name}"
        build_data["force_include"][str(module / "LICENSE")] = "prospect_pc/bin/LICENSE"

    def build(self, go: str, module: Path, name: str) -> None:
        subprocess.run(
            [go, "build", "-trimpath", "-ldflags=-s -w", "-o", os.path.join(self.folder, name), "./cmd/prospect"],
            cwd=module,
            env={**os.environ, "CGO_ENABLED": "0"},
            check=True,
        )

    @staticmethod
    def platform(go: str, module: Path) -> str:
        """Return GOOS/GOARCH, as the environment or Go itself has them."""
        said = subprocess.run([go, "env", "GOOS", "GOARCH"], cwd=module, stdout=subprocess.PIPE, text=True, check=True)
        return "/".join(said.stdout.split())

    def finalize(self, version: str, build_data: Dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)
