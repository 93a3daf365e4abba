/* Asks for a tracer, as programs that do not want to be debugged and sandboxes do. */
#include <stdio.h>
#include <sys/ptrace.h>
int main(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 ? (puts("refused"), 1) : (puts("ok"), 0); }
