"""Is a question that was put together before answered as if it had been put together anew?"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from labeling.people.models import User
from labeling.prepared import prepared
from tests.factories import UserFactory


def test_a_prepared_question_is_built_once_and_answers_as_the_queryset_does(db):
    ann, bob = UserFactory(), UserFactory()
    built = []

    @prepared
    def by_address(person, email):
        built.append(email)
        return User.objects.filter(pk=person, email=email)

    assert by_address(person=ann.pk, email=ann.email) == [ann]
    assert by_address(person=bob.pk, email=bob.email) == [bob]
    assert by_address(person=bob.pk, email=ann.email) == []
    assert len(built) == 1


def test_values_come_as_values(db):
    ann = UserFactory()

    @prepared
    def addresses(person):
        return User.objects.filter(pk=person).values_list("email", flat=True)

    assert addresses(person=ann.pk) == [ann.email]


def test_a_prepared_question_is_one_query(db, django_assert_num_queries):
    ann = UserFactory()
    question = prepared(lambda person: User.objects.filter(pk=person))

    with django_assert_num_queries(1):
        question(person=ann.pk)


def test_what_is_missing_is_a_mistake(db):
    question = prepared(lambda person: User.objects.filter(pk=person))

    with pytest.raises(KeyError, match="person"):
        question()


@pytest.mark.django_db(transaction=True)
def test_threads_ask_each_on_its_own_connection():
    people = [UserFactory() for _ in range(8)]

    @prepared
    def locked(person):
        return User.objects.select_for_update().filter(pk=person)

    def ask(person):
        try:
            with transaction.atomic():
                return locked(person=person.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, people)) == [[person] for person in people]
