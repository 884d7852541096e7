#include "watchdog.h"

#include "esp_err.h"
#include "esp_log.h"
#include "esp_task_wdt.h"

namespace cutpoint::esp32 {

bool watch_this_task() {
  const esp_err_t result = esp_task_wdt_add(nullptr);
  if (result != ESP_OK) {
    ESP_LOGE("watchdog", "this task cannot be watched: %s", esp_err_to_name(result));
  }
  return result == ESP_OK;
}

void feed_watchdog() { esp_task_wdt_reset(); }

}  // namespace cutpoint::esp32
