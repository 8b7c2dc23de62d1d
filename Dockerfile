# The version of Python is the one that requirements/ was locked with. Give the image by its digest for a build that can
# be repeated: --build-arg PYTHON=python:3.11-slim@sha256:…
ARG PYTHON=python:3.11-slim
FROM $PYTHON AS build
WORKDIR /src
COPY requirements ./requirements
# The build backend is among the locked development tools, and stays in this stage.
RUN pip install --no-cache-dir --require-hashes -r requirements/dev.txt
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator ./operator
RUN python -m hatchling build -t wheel \
 && pip --python /venv/bin/python install --no-cache-dir --no-deps --no-index dist/*.whl \
 && python -m compileall -q /venv

FROM $PYTHON
# --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tracardi-operator" \
      org.opencontainers.image.description="Checks the credentials of outside services and publishes them to Tracardi and other consumers" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /venv /venv
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Or glibc raises this by itself after the first large buffer, and what is free stays in the heap between what is not:
# +25 MB an hour under load.
ENV MALLOC_MMAP_THRESHOLD_=131072
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/venv/bin/tracardi-operator"]
CMD ["run"]
