"""A dump restored into a database of its own, which then takes the place of the one in use."""

from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from comity.platform.database_roles import check_locale, make_database, prepare_database
from comity.platform.home import SetupError
from comity.platform.postgres_tools import run_tool, table_of_contents


class DatabaseSwap:
    """The database in use and the one being restored beside it, both of comity_owner, who runs all this."""

    def __init__(self, owner_url: str) -> None:
        self.url = owner_url
        self.name = str(conninfo_to_dict(owner_url).get("dbname"))
        self.fresh = f"{self.name}_restoring"
        self.former = f"{self.name}_replaced"

    def restore(self, dump: Path) -> None:
        """Fill the fresh database from a dump. Raises SetupError, and then leaves none."""
        self.discard()
        try:
            with self._beside() as connection:
                make_database(connection, self.fresh)
            with psycopg.connect(self._url_of(self.fresh), autocommit=True) as connection:
                check_locale(connection)
                prepare_database(connection)
            self._fill(dump)
        except BaseException:
            self.discard()
            raise

    def put_in_place(self) -> None:
        """Let the fresh database take the name of the one in use, which is dropped. Raises SetupError if it is used."""
        with self._beside() as connection:
            try:
                with connection.transaction():
                    self._rename(connection, self.name, self.former)
                    self._rename(connection, self.fresh, self.name)
            except psycopg.errors.ObjectInUse:
                raise SetupError("The database is in use: stop ./comity serve and the workers first.") from None
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(self.former)))

    def discard(self) -> None:
        """Drop the fresh database, also one left by a restore that was killed."""
        with self._beside() as connection:
            for leftover in (self.fresh, self.former):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(leftover)))

    def _fill(self, dump: Path) -> None:
        """Everything but the extensions, which are there already and may belong to a superuser."""
        contents = dump.with_name("contents")
        wanted = [line for line in table_of_contents(dump) if " EXTENSION " not in line]
        contents.write_text("\n".join(wanted))
        options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--use-list={contents}")
        run_tool("pg_restore", *options, str(dump), url=self._url_of(self.fresh))

    def _beside(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._url_of("postgres"), autocommit=True)

    def _url_of(self, database: str) -> str:
        return make_conninfo(self.url, dbname=database)

    @staticmethod
    def _rename(connection: psycopg.Connection[tuple[object, ...]], old: str, new: str) -> None:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))
