# syntax=docker/dockerfile:1
# CPU only. The image holds everything it needs: nothing is downloaded when it runs.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/sourcespan
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY parsers parsers
COPY retrieval retrieval
COPY ingestion ingestion
COPY services services
# PyTorch's own index has the build for CPUs, some 2 GB smaller.
RUN /opt/sourcespan/bin/pip install --no-cache-dir --constraint requirements.lock \
        --extra-index-url https://download.pytorch.org/whl/cpu "setuptools>=80" \
 && /opt/sourcespan/bin/pip install --no-cache-dir --constraint requirements.lock --no-build-isolation \
        --extra-index-url https://download.pytorch.org/whl/cpu ".[cluster,tesseract,unstructured]"

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin sourcespan \
 && install --directory --owner sourcespan --mode 0700 /data
COPY --from=build /opt/sourcespan /opt/sourcespan
ENV PATH=/opt/sourcespan/bin:$PATH PYTHONDONTWRITEBYTECODE=1 SOURCESPAN_DATA_DIR=/data
USER sourcespan
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["sourcespan"]
CMD ["serve", "--host", "0.0.0.0"]
