#include "console_task.h"

#include <stdlib.h>

#include <new>

#include "board/measures.h"
#include "console_task_parts.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "console";
constexpr UBaseType_t kConsoleTaskPriority = 3;  // below the device's task: an inference is not held up by typing
constexpr uint32_t kConsoleTickMs = 100;
constexpr size_t kReadBytes = 256;

Bytes bytes_of(device::Text text) { return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()); }
Bytes line_end() { return bytes_of(device::Text("\r\n", 2)); }

class SerialOutput final : public device::ConsoleOutput {
 public:
  void line(device::Text text) override { write_serial(bytes_of(text), line_end()); }
};

SerialOutput output;

}  // namespace

device::ConsoleOutput& console_output() { return output; }

bool NvsStore::save(const device::SettingRule& rule, device::Text text, device::Sentence& why) {
  return save_setting(stored_, device::text_of(rule.key), text, why);
}

void ImprovLine::packet(Bytes packet) { write_serial(packet, line_end()); }

void ConsoleTask::main(void* self) { static_cast<ConsoleTask*>(self)->loop(); }

void ConsoleTask::loop() {
  uint8_t bytes[kReadBytes];
  for (;;) {
    const size_t count = read_serial(MutableBytes(bytes), kConsoleTickMs);
    const auto now_ms = static_cast<uint32_t>(esp_timer_get_time() / 1000);
    take(Bytes(bytes, count), now_ms);
    device::SerialEvent event;
    demux_.tick(now_ms, event);
    serve(event, now_ms);
    service_.tick(now_ms);
  }
}

void ConsoleTask::take(Bytes bytes, uint32_t now_ms) {
  device::SerialEvent event;
  do {
    bytes = bytes.from(demux_.push(bytes, now_ms, event));
    serve(event, now_ms);
  } while (event.kind != device::SerialEventKind::kNone);
}

void ConsoleTask::serve(const device::SerialEvent& event, uint32_t now_ms) {
  switch (event.kind) {
    case device::SerialEventKind::kNone:
      return;
    case device::SerialEventKind::kLine:
      return console_.obey(event.line);
    case device::SerialEventKind::kLineRefused: {
      device::Sentence said("error: ");
      return output.line(device::text_of(said.add(event.why).text()));
    }
    case device::SerialEventKind::kImprov:
      return service_.take(event.improv, now_ms);
    case device::SerialEventKind::kImprovRefused:
      return service_.refused();
    case device::SerialEventKind::kPicture:
      return say_input(true, "");
    case device::SerialEventKind::kPictureRefused:
      return say_input(false, event.why);
  }
}

void ConsoleTask::say_input(bool ok, const char* text) {
  char line[kInputLineBytes];
  output.line(device::write_input_line(ok, text, Span<char>(line)));
}

bool start_console(const device::Settings& settings, const char* id, device::ConsoleTarget& target,
                   InputSource& input) {
  if (!begin_serial()) {
    ESP_LOGE(kTag, "the serial line has no driver: no console");
    return false;
  }
  // For as long as the program runs.
  void* memory = malloc(sizeof(ConsoleTask));
  auto* console = memory == nullptr ? nullptr : new (memory) ConsoleTask(settings, id, target, input, output);
  TaskHandle_t task = nullptr;
  if (console == nullptr || xTaskCreate(&ConsoleTask::main, "console", kConsoleTaskStackBytes, console,
                                        kConsoleTaskPriority, &task) != pdPASS) {
    ESP_LOGE(kTag, "no memory for the console");
    free(memory);
    return false;
  }
  watch_stack(task);
  return true;
}

}  // namespace cutpoint::esp32
