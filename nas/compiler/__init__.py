"""From a genotype to a torch module. torch is imported on the first use."""
