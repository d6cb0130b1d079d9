"""One installed package, ``openconnectors``, of the folders at the top: ``connectors`` is its root, ``engine`` and
``spec`` are inside it."""

from setuptools import find_packages, setup

FOLDERS = {"openconnectors": "connectors", "openconnectors.engine": "engine", "openconnectors.spec": "spec"}

setup(
    package_dir=FOLDERS,
    packages=[
        *FOLDERS,
        *(f"{package}.{name}" for package, folder in FOLDERS.items() for name in find_packages(folder)),
    ],
    package_data={"openconnectors": ["py.typed"], "openconnectors.spec": ["*.yaml", "*/*.yaml"]},
)
