// The console's task: reads the serial line, carries out lines, serves Improv, takes pictures.
#ifndef CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_H_
#define CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_H_

#include "board/input_source.h"
#include "device/console/target.h"
#include "device/settings/settings.h"

namespace cutpoint::esp32 {

constexpr int kConsoleTaskStackBytes = 5120;

// Lines to the serial line, from any task; one line is never mixed with another, nor with the log's. Works from the first
// moment on, before start_console().
device::ConsoleOutput& console_output();

// Starts the task. `settings` (as loaded: they are copied), `target` and `input` live as long as the program. `id` is the
// device's, for Improv. False when there is no memory or no driver: the board then goes on without a console.
bool start_console(const device::Settings& settings, const char* id, device::ConsoleTarget& target, InputSource& input);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_H_
