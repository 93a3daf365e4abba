//! The tracer: ptrace.
