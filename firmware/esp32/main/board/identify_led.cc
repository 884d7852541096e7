#include "identify_led.h"

#include <stdint.h>

#include "driver/gpio.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

#if CONFIG_CUTPOINT_LED_GPIO >= 0
constexpr uint64_t kHalfPeriodUs = 125000;
constexpr int kHalfPeriods = 40;
constexpr gpio_num_t kPin = static_cast<gpio_num_t>(CONFIG_CUTPOINT_LED_GPIO);
#if CONFIG_CUTPOINT_LED_ACTIVE_LOW
constexpr uint32_t kDark = 1;
#else
constexpr uint32_t kDark = 0;
#endif

esp_timer_handle_t g_timer = nullptr;
volatile int g_left = 0;

void on_timer(void*) {
  const int left = g_left - 1;
  g_left = left;
  gpio_set_level(kPin, left % 2 == 0 ? kDark : 1 - kDark);
  if (left <= 0) {
    esp_timer_stop(g_timer);
  }
}

bool begin() {
  if (g_timer != nullptr) {
    return true;
  }
  gpio_config_t config = {};
  config.pin_bit_mask = 1ull << CONFIG_CUTPOINT_LED_GPIO;
  config.mode = GPIO_MODE_OUTPUT;
  esp_timer_create_args_t timer = {};
  timer.callback = on_timer;
  timer.name = "identify";
  return gpio_config(&config) == ESP_OK && esp_timer_create(&timer, &g_timer) == ESP_OK;
}
#endif

}  // namespace

void blink_identify_led() {
  ESP_LOGI("identify", "here I am");
#if CONFIG_CUTPOINT_LED_GPIO >= 0
  if (begin()) {
    g_left = kHalfPeriods;
    esp_timer_stop(g_timer);
    esp_timer_start_periodic(g_timer, kHalfPeriodUs);
  }
#endif
}

}  // namespace cutpoint::esp32
