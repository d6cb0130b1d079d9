"""One installed package, ``openconnectors``, of the folders at the top: ``connectors`` is its root, ``engine`` and
``spec`` are inside it. A build lowers the documents of ``spec``, so that who installs it need not."""

import os
import subprocess
import sys

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

FOLDERS = {"openconnectors": "connectors", "openconnectors.engine": "engine", "openconnectors.spec": "spec"}


class Build(build_py):
    """Builds the package, then prepares the services of its documents with it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            command = [sys.executable, "-m", "openconnectors.preparing"]
            environment = {**os.environ, "PYTHONPATH": os.path.abspath(self.build_lib), "PYTHONDONTWRITEBYTECODE": "1"}
            if subprocess.run(command, env=environment).returncode:  # noqa: S603 - our own module
                self.announce("the services are not prepared: the packages that this needs are not there", level=3)


setup(
    cmdclass={"build_py": Build},
    package_dir=FOLDERS,
    packages=[
        *FOLDERS,
        *(f"{package}.{name}" for package, folder in FOLDERS.items() for name in find_packages(folder)),
    ],
    package_data={
        "openconnectors": ["py.typed", "*.pyi"],
        "openconnectors.console": ["templates/*", "assets/*"],
        "openconnectors.engine.lint": ["*.json", "*.txt"],
        "openconnectors.engine.pages": ["templates/*", "assets/*"],
        "openconnectors.spec": ["*.yaml", "*/*.yaml"],
    },
)
