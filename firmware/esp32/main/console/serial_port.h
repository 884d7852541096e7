// The line that the console uses: UART, the chip's USB-serial-JTAG, or USB-CDC, as Kconfig's console choice says.
#ifndef CUTPOINT_ESP32_CONSOLE_SERIAL_PORT_H_
#define CUTPOINT_ESP32_CONSOLE_SERIAL_PORT_H_

#include <stddef.h>
#include <stdint.h>

#include "core/span.h"

namespace cutpoint::esp32 {

// Bytes that may wait in the driver: at 115,200 baud a little more than 300 ms.
constexpr int kSerialReceiveBytes = 4096;

// Installs the driver and routes the log through it, once. False when it cannot: the log then goes on as it did.
bool begin_serial();
// Waits at most `wait_ms`; the bytes that came, 0 when none did.
size_t read_serial(MutableBytes to, uint32_t wait_ms);
// Both parts, one after the other, with nothing between them; from any task. What nobody takes (USB without a host) is
// dropped. Before begin_serial() they go to stdout.
void write_serial(Bytes first, Bytes second);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CONSOLE_SERIAL_PORT_H_
