// What a board measures of itself, as gauges of the telemetry. A gauge that it does not have stays absent.
#ifndef CUTPOINT_ESP32_BOARD_MEASURES_H_
#define CUTPOINT_ESP32_BOARD_MEASURES_H_

#include "core/frame/telemetry.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

namespace cutpoint::esp32 {

// Once: the temperature sensor, where the chip has one.
void begin_measures();

// A task of ours whose stack counts for the gauge kStackLeast; at most 8. Never a task that ends.
void watch_stack(TaskHandle_t task);

// Heap, PSRAM, stacks, clock, temperature, signal strength. Energy is not in it: whoever sends telemetry takes it once,
// from CurrentSensor or ModelledEnergy.
void fill_gauges(Gauges& gauges);

// "esp32", "esp32-s3", "esp32-c3", ...: the name of the chip's profile.
const char* chip_name();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_MEASURES_H_
