#include "panic_note.h"

#include <string.h>

#include "core/crc32.h"
#include "esp_attr.h"
#include "esp_private/panic_internal.h"
#include "esp_private/system_internal.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kMagic = 0x50414E31;  // "PAN1"

struct PanicNote {
  uint32_t magic;
  uint32_t address;
  uint32_t watchdog;
  char task[device::kTaskNameBytes];
  char text[device::kStoredCrashTextBytes];
  uint32_t crc;  // of everything before
};

RTC_NOINIT_ATTR PanicNote note;

uint32_t crc_of(const PanicNote& of) {
  return crc32(0, Bytes(reinterpret_cast<const uint8_t*>(&of), offsetof(PanicNote, crc)));
}

// The heap may be broken and interrupts are off: nothing but copying.
void copy_text(const char* from, char* to, size_t room) {
  size_t size = 0;
  while (from != nullptr && size + 1 < room && from[size] >= ' ' && from[size] <= '~') {
    to[size] = from[size];
    ++size;
  }
  to[size] = '\0';
}

void leave_note(const panic_info_t* info) {
  memset(&note, 0, sizeof note);
  note.magic = kMagic;
  // On Xtensa the task watchdog aborts whatever runs, and only its hint for the next life tells it from an abort.
  const bool watchdog =
      info->exception == PANIC_EXCEPTION_TWDT || esp_reset_reason_get_hint() == ESP_RST_TASK_WDT;
  note.watchdog = watchdog ? 1 : 0;
  if (!watchdog) {  // which interrupts a task that hangs less than any other
    note.address = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(info->addr));
    // abort() and assert() fault on purpose: their own words say more than that fault's.
    copy_text(g_panic_abort ? g_panic_abort_details : info->reason, note.text, sizeof note.text);
    if (TaskHandle_t task = xTaskGetCurrentTaskHandle(); task != nullptr) {
      copy_text(pcTaskGetName(task), note.task, sizeof note.task);
    }
  }
  note.crc = crc_of(note);
}

}  // namespace

bool take_panic_note(device::Crash& crash, bool& watchdog) {
  const bool good = note.magic == kMagic && note.crc == crc_of(note);
  crash = device::Crash();
  watchdog = false;
  if (good) {
    crash.address = note.address;
    watchdog = note.watchdog != 0;
    copy_text(note.task, crash.task, sizeof crash.task);
    copy_text(note.text, crash.text, sizeof crash.text);
  }
  memset(&note, 0, sizeof note);
  return good;
}

}  // namespace cutpoint::esp32

// The linker puts this before ESP-IDF's own (--wrap=esp_panic_handler), which goes on to print and restart.
extern "C" {
void __real_esp_panic_handler(panic_info_t* info);
void __wrap_esp_panic_handler(panic_info_t* info);

void __wrap_esp_panic_handler(panic_info_t* info) {
  cutpoint::esp32::leave_note(info);
  __real_esp_panic_handler(info);
}
}
