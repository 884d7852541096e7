#include "serial_port.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
#include "driver/usb_serial_jtag.h"
#elif CONFIG_ESP_CONSOLE_USB_CDC
#include "esp_private/usb_console.h"
#elif CONFIG_ESP_CONSOLE_UART
#include "driver/uart.h"
#endif

namespace cutpoint::esp32 {
namespace {

constexpr size_t kLogLineBytes = 256;

// Of everything that is written. Recursive: a driver that complains in the log while it writes must not wait for itself.
SemaphoreHandle_t lock = nullptr;
char log_line[kLogLineBytes];

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG

bool begin_port() {
  usb_serial_jtag_driver_config_t config = {};
  config.tx_buffer_size = 2048;
  config.rx_buffer_size = kSerialReceiveBytes;
  return usb_serial_jtag_driver_install(&config) == ESP_OK;
}

size_t read_port(MutableBytes to, uint32_t wait_ms) {
  const int count = usb_serial_jtag_read_bytes(to.data(), to.size(), pdMS_TO_TICKS(wait_ms));
  return count > 0 ? static_cast<size_t>(count) : 0;
}

constexpr TickType_t kPatience = pdMS_TO_TICKS(50);
bool stalled = false;

// A host that is not there, or does not read, must not hold up the tasks that log: it is waited for once.
void write_port(const void* bytes, size_t size) {
  if (!usb_serial_jtag_is_connected()) {
    return;
  }
  stalled = usb_serial_jtag_write_bytes(bytes, size, stalled ? 0 : kPatience) < static_cast<int>(size);
}

#elif CONFIG_ESP_CONSOLE_USB_CDC

bool begin_port() { return true; }

size_t read_port(MutableBytes to, uint32_t wait_ms) {
  const TickType_t began = xTaskGetTickCount();
  for (;;) {
    const ssize_t count = esp_usb_console_read_buf(reinterpret_cast<char*>(to.data()), to.size());
    if (count > 0) {
      return static_cast<size_t>(count);
    }
    if (xTaskGetTickCount() - began >= pdMS_TO_TICKS(wait_ms)) {
      return 0;
    }
    vTaskDelay(pdMS_TO_TICKS(5));
  }
}

void write_port(const void* bytes, size_t size) {
  if (esp_usb_console_write_available()) {
    esp_usb_console_write_buf(static_cast<const char*>(bytes), size);
    esp_usb_console_flush();
  }
}

#elif CONFIG_ESP_CONSOLE_UART

constexpr uart_port_t kPort = static_cast<uart_port_t>(CONFIG_ESP_CONSOLE_UART_NUM);

// Without a transmit buffer: a write returns when its last bytes are in the FIFO, so nothing is lost at a restart.
bool begin_port() { return uart_driver_install(kPort, kSerialReceiveBytes, 0, 0, nullptr, 0) == ESP_OK; }

size_t read_port(MutableBytes to, uint32_t wait_ms) {
  // Whatever is there at once, else the first byte that comes.
  size_t waiting = 0;
  uart_get_buffered_data_len(kPort, &waiting);
  const size_t wanted = waiting == 0 ? 1 : waiting < to.size() ? waiting : to.size();
  const int count = uart_read_bytes(kPort, to.data(), wanted, pdMS_TO_TICKS(wait_ms));
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void write_port(const void* bytes, size_t size) { uart_write_bytes(kPort, bytes, size); }

#else

bool begin_port() { return false; }  // Kconfig chose no console
size_t read_port(MutableBytes, uint32_t wait_ms) {
  vTaskDelay(pdMS_TO_TICKS(wait_ms));
  return 0;
}
void write_port(const void*, size_t) {}

#endif

// One line of the log is written as one, so that it never cuts one of ours in two.
int write_log(const char* format, va_list arguments) {
  xSemaphoreTakeRecursive(lock, portMAX_DELAY);
  const int wanted = vsnprintf(log_line, sizeof log_line, format, arguments);
  size_t size = wanted < 0 ? 0 : static_cast<size_t>(wanted);
  if (size >= sizeof log_line) {
    // Cut short: its line end went with the rest.
    size = sizeof log_line - 1;
    log_line[size - 1] = '\n';
  }
  const bool ends = size != 0 && log_line[size - 1] == '\n';
  if (size > (ends ? 1 : 0)) {
    write_port(log_line, ends ? size - 1 : size);
  }
  if (ends) {
    write_port("\r\n", 2);
  }
  xSemaphoreGiveRecursive(lock);
  return wanted;
}

}  // namespace

bool begin_serial() {
  if (lock != nullptr) {
    return true;
  }
  fflush(stdout);
  SemaphoreHandle_t made = xSemaphoreCreateRecursiveMutex();
  if (made == nullptr || !begin_port()) {
    if (made != nullptr) {
      vSemaphoreDelete(made);
    }
    return false;
  }
  lock = made;
  esp_log_set_vprintf(&write_log);
  return true;
}

size_t read_serial(MutableBytes to, uint32_t wait_ms) { return read_port(to, wait_ms); }

void write_serial(Bytes first, Bytes second) {
  if (lock == nullptr) {
    fwrite(first.data(), 1, first.size(), stdout);
    fwrite(second.data(), 1, second.size(), stdout);
    fflush(stdout);
    return;
  }
  xSemaphoreTakeRecursive(lock, portMAX_DELAY);
  write_port(first.data(), first.size());
  write_port(second.data(), second.size());
  xSemaphoreGiveRecursive(lock);
}

}  // namespace cutpoint::esp32
