// The task watchdog: a task that stops feeding it for CONFIG_ESP_TASK_WDT_TIMEOUT_S restarts the board with a panic.
#ifndef CUTPOINT_ESP32_BOARD_WATCHDOG_H_
#define CUTPOINT_ESP32_BOARD_WATCHDOG_H_

namespace cutpoint::esp32 {

// From now on the calling task has to feed. False when it cannot be watched.
bool watch_this_task();
// Between operators, between pictures, and while waiting, at least every few seconds.
void feed_watchdog();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_WATCHDOG_H_
