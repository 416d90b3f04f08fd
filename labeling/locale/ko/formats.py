"""How are moments written in Korean? The half of the day before the hour, as people say it."""

DATETIME_FORMAT = "Y년 n월 j일 A g:i"
