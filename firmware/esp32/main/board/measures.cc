#include "measures.h"

#include <math.h>

#include <atomic>

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_private/esp_clk.h"
#include "network/network.h"
#include "sdkconfig.h"
#include "soc/soc_caps.h"

#if SOC_TEMP_SENSOR_SUPPORTED
#include "driver/temperature_sensor.h"
#endif

namespace cutpoint::esp32 {
namespace {

constexpr size_t kMostTasks = 8;
constexpr uint32_t kHertzPerMegahertz = 1'000'000;

std::atomic<TaskHandle_t> tasks[kMostTasks];

#if SOC_TEMP_SENSOR_SUPPORTED
temperature_sensor_handle_t temperature_sensor = nullptr;

void begin_temperature() {
  // The range in which the sensor is most exact for a chip at work.
  temperature_sensor_config_t config = {};
  config.range_min = 10;
  config.range_max = 80;
  if (temperature_sensor_install(&config, &temperature_sensor) != ESP_OK ||
      temperature_sensor_enable(temperature_sensor) != ESP_OK) {
    ESP_LOGW("measures", "the chip's temperature cannot be read");
    temperature_sensor = nullptr;
  }
}

void fill_temperature(Gauges& gauges) {
  float celsius = 0;
  if (temperature_sensor != nullptr && temperature_sensor_get_celsius(temperature_sensor, &celsius) == ESP_OK &&
      isfinite(celsius)) {
    gauges.set_signed(Gauge::kChipTemperature, static_cast<int32_t>(lroundf(celsius * 100)));
  }
}
#else
void begin_temperature() {}
void fill_temperature(Gauges&) {}
#endif

void fill_stacks(Gauges& gauges) {
  uint32_t least = UINT32_MAX;
  for (const std::atomic<TaskHandle_t>& task : tasks) {
    if (TaskHandle_t handle = task.load(); handle != nullptr) {
      // In bytes: ESP-IDF counts stacks in bytes.
      const auto free = static_cast<uint32_t>(uxTaskGetStackHighWaterMark(handle));
      least = free < least ? free : least;
    }
  }
  if (least != UINT32_MAX) {
    gauges.set(Gauge::kStackLeast, least);
  }
}

}  // namespace

void begin_measures() { begin_temperature(); }

void watch_stack(TaskHandle_t task) {
  for (std::atomic<TaskHandle_t>& slot : tasks) {
    TaskHandle_t nobody = nullptr;
    if (slot.compare_exchange_strong(nobody, task)) {
      return;
    }
  }
  ESP_LOGW("measures", "more than %u tasks: the stack of %s is not watched", static_cast<unsigned>(kMostTasks),
           pcTaskGetName(task));
}

void fill_gauges(Gauges& gauges) {
  constexpr uint32_t internal = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;
  gauges.set(Gauge::kHeapNow, static_cast<uint32_t>(heap_caps_get_free_size(internal)));
  gauges.set(Gauge::kHeapLeast, static_cast<uint32_t>(heap_caps_get_minimum_free_size(internal)));
  gauges.set(Gauge::kLargestFreeBlock, static_cast<uint32_t>(heap_caps_get_largest_free_block(internal)));
  if (heap_caps_get_total_size(MALLOC_CAP_SPIRAM) != 0) {
    gauges.set(Gauge::kPsramNow, static_cast<uint32_t>(heap_caps_get_free_size(MALLOC_CAP_SPIRAM)));
    gauges.set(Gauge::kPsramLeast, static_cast<uint32_t>(heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM)));
  }
  fill_stacks(gauges);
  gauges.set(Gauge::kCpuClock, static_cast<uint32_t>(esp_clk_cpu_freq()) / kHertzPerMegahertz);
  fill_temperature(gauges);
  int dbm = 0;
  if (network().rssi(dbm)) {
    gauges.set_signed(Gauge::kRssi, dbm);
  }
}

const char* chip_name() {
#if CONFIG_IDF_TARGET_ESP32S2
  return "esp32-s2";
#elif CONFIG_IDF_TARGET_ESP32S3
  return "esp32-s3";
#elif CONFIG_IDF_TARGET_ESP32C3
  return "esp32-c3";
#elif CONFIG_IDF_TARGET_ESP32C6
  return "esp32-c6";
#elif CONFIG_IDF_TARGET_ESP32P4
  return "esp32-p4";
#else
  return CONFIG_IDF_TARGET;
#endif
}

}  // namespace cutpoint::esp32
