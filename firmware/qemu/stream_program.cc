// The Stream engine with all portable kernels.
#include "linked.h"
#include "stream_run.h"

CUTPOINT_LINKED(plan)
CUTPOINT_LINKED(picture)

int main() {
  return cutpoint::qemu::run_plan(linked_plan(), linked_picture(), cutpoint::stream::portable_kernel);
}
