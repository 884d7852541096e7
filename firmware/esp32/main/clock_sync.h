// The time of day, for certificates that say until when they hold. Nothing else here needs it, and nothing waits for it.
#ifndef CUTPOINT_ESP32_CLOCK_SYNC_H_
#define CUTPOINT_ESP32_CLOCK_SYNC_H_

namespace cutpoint::esp32 {

// Asks that SNTP server now and then, from when there is a network. `server` must live as long as the program; empty:
// no clock.
void sync_clock(const char* server);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CLOCK_SYNC_H_
