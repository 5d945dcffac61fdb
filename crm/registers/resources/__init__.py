"""What a place has to offer its firms: experts, achievements, instruments, carriers, alliances, events."""

from crm.registers.resources import models as models  # its tables
