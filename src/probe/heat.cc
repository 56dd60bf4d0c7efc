#include "probe/heat.h"
