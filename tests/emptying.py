"""How does the database come to be as the migrations left it, after a test that commits?

Django truncates every table and sends its signal, upon which permissions and content types are made anew: a second or
two for each test. Here the rows of the migrations are copied aside once, and put back, all in one statement.
"""

from django.db import connection
from django.test import TransactionTestCase

REMEMBER = """
DO $$
DECLARE
    one text;
    is_full boolean;
BEGIN
    CREATE SCHEMA kept;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I)', one) INTO is_full;
        IF is_full THEN
            EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', one);
        END IF;
    END LOOP;
END $$
"""

# Whoever is at work waits, as with TRUNCATE. Some triggers refuse to forget; who may not still them has to truncate,
# which takes twenty times as long where tables hold next to nothing.
EMPTY = """
DO $$
DECLARE
    every text[] := array(
        SELECT format('public.%I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'django_migrations' ORDER BY tablename);
    one text;
BEGIN
    EXECUTE 'LOCK TABLE ' || array_to_string(every, ', ') || ' IN ACCESS EXCLUSIVE MODE';
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOREACH one IN ARRAY every LOOP
            EXECUTE 'DELETE FROM ' || one;
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
        EXECUTE 'TRUNCATE ' || array_to_string(every, ', ');
    END;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
        EXECUTE format('INSERT INTO public.%1$I TABLE kept.%1$I', one);
    END LOOP;
END $$
"""


def remember():
    """Copy aside what the migrations have put into the database."""
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER)


def empty(case=None):
    """Leave what was copied aside, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


TransactionTestCase._fixture_teardown = empty
