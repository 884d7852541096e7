/* Start-up for qemu-system-xtensa -M sim -cpu lx106: the reset vector, the vectors of exceptions, and a stack.
   QEMU loads an ELF file and resets the processor, so the entry point is the reset vector; RAM is zero and .data is
   where it belongs. The addresses are machine.ld's. */

    .section .reset, "ax"
    j       _start

    .section .start, "ax"
    .global _start
_start:
    /* No interrupt is enabled. EXCM clear: an exception goes to the kernel's vector and leaves its address in EPC1;
       level 0: `break`, which __builtin_trap becomes, is taken and not ignored. */
    movi    a2, 0
    wsr     a2, ps
    rsync
    movi    a1, __stack
    movi    a0, main
    callx0  a0
    movi    a3, machine_stop
    callx0  a3

    /* Of the lx106, from the base on: debug +0x10, kernel +0x30, user +0x50, double exception +0x70. machine.ld puts
       this section at +0x10. */
    .section .vectors, "ax"
    .org    0x00
    j       on_break
    .org    0x20
    j       on_exception
    .org    0x40
    j       on_exception
    .org    0x60
on_exception:
    rsr     a2, exccause
    rsr     a3, epc1
    rsr     a4, excvaddr
    j       report
on_break:
    movi    a2, 64          /* one more than the highest cause of an exception */
    rsr     a3, epc2
    movi    a4, 0
report:
    movi    a1, __stack
    movi    a0, machine_exception
    jx      a0
