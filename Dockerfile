# One image for web, worker, beat and migrate: docker-compose.yml says which is which.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/app/.venv/bin:$PATH

# Whoever runs inside can write to /data and nowhere else.
RUN useradd --uid 10001 --no-create-home --home-dir /data attune && install --directory --owner attune --group attune /data

WORKDIR /app
# The packages first, so that a change of the code does not fetch them again.
COPY run uv.lock pyproject.toml ./
RUN ./run environment && rm -rf /root/.cache

COPY . .
# Collecting needs settings, though it reads no secret and asks no server.
RUN SECRET_KEY=build PSEUDONYM_KEY=build OWNER_KEY=build CREDENTIAL_KEYS=build ALLOWED_HOSTS=build SITE_URL=build \
    DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput

USER attune
ENV ATTUNE_DATA_DIR=/data PORT=8000
VOLUME /data
EXPOSE 8000

# /livez is answered to a host the settings know; the first of ALLOWED_HOSTS is one.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD \
    ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/livez', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.')}), timeout=4)"]

CMD ["gunicorn", "labeling.wsgi", "--worker-class", "gthread", "--threads", "8", "--preload", "--no-control-socket"]
