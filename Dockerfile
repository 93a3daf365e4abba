# docker build -t zclab . && docker run --rm -it zclab
# ptrace works as it is; io_uring needs --security-opt seccomp=unconfined (docs/install.md).
FROM rust:1-slim AS build
WORKDIR /zclab
COPY . .
RUN cargo build --release --locked

FROM debian:stable-slim
RUN useradd --create-home student
COPY --from=build /zclab/target/release/zclab /usr/local/bin/
USER student
ENV LANG=C.UTF-8 COLORTERM=truecolor
CMD ["zclab"]
